#!/usr/bin/env bash
# Runs the report once, shows it in every place, and ends with its exit code.
set -euo pipefail

# GitHub's limits: a job summary is 1 MiB, a comment 65,536 characters. What is longer is cut at a line.
cut_at() {
  LC_ALL=C awk -v limit="$1" '{ size += length($0) + 1 } size > limit { print "\n… cut; the whole report is in the artefact."; exit } { print }'
}

refuse() {
  echo "::error title=slo-report::$1"
  exit 2
}

# A gate that is neither open nor closed must not stand open: `yes` and `True` are words of other systems.
for word in "$REPORT_GATE" "$REPORT_COMMENT"; do
  case "$word" in true | false) ;; *) refuse "\`gate\` and \`comment\` are true or false, and nothing else" ;; esac
done
case "$REPORT_OUT" in
  "" | *[[:cntrl:]]*) refuse "\`out\` is the name of a folder, in one line" ;; # GITHUB_OUTPUT is read line by line
  -*) REPORT_OUT="./$REPORT_OUT" ;; # else an option of whatever is handed it
esac

options=(--env "$REPORT_ENV" --out "$REPORT_OUT")
for format in markdown html json junit github; do options+=(--format "$format"); done
[ -z "$REPORT_WINDOW" ] || options+=(--window "$REPORT_WINDOW")
[ -z "$REPORT_ZONE" ] || options+=(--zone "$REPORT_ZONE")
[ -z "$REPORT_AT" ] || options+=(--at "$REPORT_AT")
if [ -n "$REPORT_SERIES" ]; then
  options+=(--series "$REPORT_SERIES")
elif [ -n "$REPORT_CACHE" ] && [ "$REPORT_ENV" != local ]; then
  options+=(--cache "$REPORT_CACHE")
fi
[ "$REPORT_GATE" != true ] || options+=(--gate)

page="$REPORT_OUT/slo-report.md"
rm -f "$page" # of an earlier run, which would be taken for this one's
code=0
"$SERENO" report "${options[@]}" || code=$?
echo "folder=$REPORT_OUT" >> "$GITHUB_OUTPUT"

if [ ! -f "$page" ]; then
  echo "::error title=slo-report::the report could not be made; see the log above"
  exit "$code"
fi
cut_at 1000000 < "$page" >> "$GITHUB_STEP_SUMMARY"
cat "$REPORT_OUT/slo-report.github.txt"

if [ "$REPORT_COMMENT" = true ] && [ -n "$PULL_REQUEST" ]; then
  # One comment an environment: found again by a mark that nobody sees.
  mark="<!-- sereno slo-report $REPORT_ENV -->"
  body="$REPORT_OUT/comment.md"
  { echo "$mark"; cut_at 60000 < "$page"; } > "$body"
  comments="repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments"
  # A comment that cannot be written (a fork's token may only read) is no reason to fail the report.
  if known=$(MARK="$mark" gh api --paginate "$comments" --jq '.[] | select(.body | startswith(env.MARK)) | .id' | head -n 1); then
    if [ -n "$known" ]; then
      gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$known" --field "body=@$body" || known=failed
    else
      gh api --silent --method POST "$comments" --field "body=@$body" || known=failed
    fi
  else
    known=failed
  fi
  [ "$known" != failed ] || echo "::warning title=slo-report::the comment could not be written; does the job have pull-requests: write?"
fi
exit "$code"
