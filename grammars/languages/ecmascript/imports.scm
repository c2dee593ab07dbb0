; What could be called `process` here, or otherwise hide what a lookup calls. A name bound to the module itself does not.
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

((import_statement . (string) @import.module) @import.statement)
((import_statement (import_clause) source: (string) @import.module) @import.statement
 (#match? @import.module "^.(node:)?process.$"))
((import_statement (import_clause (identifier) @import.alias) source: (string) @import.module) @import.statement
 (#not-match? @import.module "^.(node:)?process.$"))
((import_statement (import_clause (namespace_import (identifier) @import.alias)) source: (string) @import.module) @import.statement
 (#not-match? @import.module "^.(node:)?process.$"))
((import_statement
   (import_clause (named_imports (import_specifier name: (identifier) @import.member !alias)))
   source: (string) @import.module) @import.statement
 (#not-match? @import.module "^.(node:)?process.$"))
((import_statement
   (import_clause (named_imports (import_specifier name: (_) @import.member alias: (identifier) @import.alias)))
   source: (string) @import.module) @import.statement
 (#not-match? @import.module "^.(node:)?process.$"))

(program . (expression_statement . (string) .) @header)

(function_declaration) @scope
(generator_function_declaration) @scope
(function_expression) @scope
(arrow_function) @scope
(method_definition) @scope
