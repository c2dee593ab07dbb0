((import_declaration (identifier) @import.module) @import.statement)

(function_declaration) @scope
(lambda_literal) @scope
(class_body) @scope
(statements) @scope

(class_declaration name: (type_identifier) @definition)
(property_declaration name: (pattern bound_identifier: (simple_identifier) @definition))
(parameter name: (simple_identifier) @definition)
