(function_definition) @scope
(do_group) @scope

; What the script sets itself. A command's own assignments are for that command alone.
(program (variable_assignment name: (variable_name) @definition))
(compound_statement (variable_assignment name: (variable_name) @definition))
(do_group (variable_assignment name: (variable_name) @definition))
(list (variable_assignment name: (variable_name) @definition))
(if_statement (variable_assignment name: (variable_name) @definition))
(elif_clause (variable_assignment name: (variable_name) @definition))
(else_clause (variable_assignment name: (variable_name) @definition))
(case_item (variable_assignment name: (variable_name) @definition))
(subshell (variable_assignment name: (variable_name) @definition))
(command_substitution (variable_assignment name: (variable_name) @definition))
(while_statement (variable_assignment name: (variable_name) @definition))
(negated_command (variable_assignment name: (variable_name) @definition))
(redirected_statement (variable_assignment name: (variable_name) @definition))
(c_style_for_statement (variable_assignment name: (variable_name) @definition))
(variable_assignments (variable_assignment name: (variable_name) @definition))
(declaration_command (variable_assignment name: (variable_name) @definition))
(variable_assignment name: (subscript name: (variable_name) @definition))
(for_statement variable: (variable_name) @definition)
(c_style_for_statement (variable_assignment name: (variable_name) @definition))
(unset_command (variable_name) @definition)
((command name: (command_name) @_c argument: (word) @definition)
 (#any-of? @_c "read" "getopts" "mapfile" "readarray" "unset" "let" "printf"))

; What it reads.
(simple_expansion (variable_name) @use)
(expansion (variable_name) @use)
(expansion (subscript name: (variable_name) @use))
(binary_expression (variable_name) @use)
(arithmetic_expansion (variable_name) @use)
