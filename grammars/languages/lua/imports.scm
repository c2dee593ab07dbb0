(function_declaration) @scope
(function_definition) @scope
(block) @scope

(variable_declaration (assignment_statement (variable_list (identifier) @definition)))
(variable_declaration (variable_list (identifier) @definition))
(function_declaration name: (identifier) @definition.outer)
(parameters (identifier) @definition)
(for_generic_clause (variable_list (identifier) @definition))
(for_numeric_clause name: (identifier) @definition)
(assignment_statement (variable_list (identifier) @definition))
