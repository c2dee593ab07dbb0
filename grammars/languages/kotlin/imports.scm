((import (qualified_identifier) @import.module) @import.statement (#not-match? @import.statement "\\bas\\b|\\*$"))
((import (qualified_identifier) @import.module (identifier) @import.alias) @import.statement)

(function_declaration) @scope
(lambda_literal) @scope
(anonymous_function) @scope
(block) @scope
(class_body) @scope
(for_statement) @scope
(catch_block) @scope

(class_declaration name: (identifier) @definition)
(object_declaration name: (identifier) @definition)
(function_declaration name: (identifier) @definition.outer)
(variable_declaration (identifier) @definition)
(parameter (identifier) @definition)
(class_parameter (identifier) @definition)
(catch_block (identifier) @definition)
(type_alias type: (identifier) @definition)
