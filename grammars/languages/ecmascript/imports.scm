; What could be called `process` here. A name bound to the module itself is no other thing.
((variable_declarator name: (identifier) @definition value: (_) @_v)
 (#not-match? @_v "^(require\\(|process\\b|global(This)?\\.)"))
(variable_declarator name: (identifier) @definition !value)
(shorthand_property_identifier_pattern) @definition
(pair_pattern value: (identifier) @definition)
(array_pattern (identifier) @definition)
(rest_pattern (identifier) @definition)
(assignment_pattern left: (identifier) @definition)
(assignment_expression left: (identifier) @definition)
(arrow_function parameter: (identifier) @definition)
(catch_clause parameter: (identifier) @definition)
(for_in_statement left: (identifier) @definition)
(function_declaration name: (identifier) @definition.outer)
(generator_function_declaration name: (identifier) @definition.outer)
(class_declaration name: (_) @definition.outer)
(function_expression name: (identifier) @definition)
((import_statement (import_clause (identifier) @definition) source: (string) @_s) (#not-match? @_s "process"))
(import_specifier name: (identifier) @definition !alias)
(import_specifier alias: (identifier) @definition)
(namespace_import (identifier) @definition)

(function_declaration) @scope
(generator_function_declaration) @scope
(function_expression) @scope
(arrow_function) @scope
(method_definition) @scope
