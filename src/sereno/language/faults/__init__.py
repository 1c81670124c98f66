"""The words of every problem that reading finds, one function a code.

The function's name is the code (`unknown_field` is `unknown-field`), its docstring the page that
`sereno explain` shows: what the rule is, why, what breaks it and what keeps it. The codes of checks on
the whole are the check functions of `checks/`, in the same form.
"""
