((preproc_include path: (system_lib_string) @import.module) @import.statement)
((preproc_include path: (string_literal) @import.module) @import.statement)

(function_definition) @scope
(compound_statement) @scope

(function_definition declarator: (function_declarator declarator: (identifier) @definition.outer))
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @definition.outer)))
(declaration declarator: (function_declarator declarator: (identifier) @definition))
(init_declarator declarator: (identifier) @definition)
(init_declarator declarator: (pointer_declarator declarator: (identifier) @definition))
(parameter_declaration declarator: (identifier) @definition)
(parameter_declaration declarator: (pointer_declarator declarator: (identifier) @definition))
(preproc_def name: (identifier) @definition)
(preproc_function_def name: (identifier) @definition)
(declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @definition)))
