((import_declaration [(scoped_identifier) (identifier)] @import.module) @import.statement
 (#not-match? @import.statement "^import\\s+static\\b|\\*\\s*;?$"))
; What a whole package brings in cannot be told; it is a place to put an import beside.
((import_declaration (scoped_identifier) @import.module (asterisk)) @import.statement (#not-match? @import.statement "^import\\s+static\\b"))
(package_declaration) @header

(method_declaration) @scope
(constructor_declaration) @scope
(lambda_expression) @scope
(block) @scope
(for_statement) @scope
(enhanced_for_statement) @scope
(try_with_resources_statement) @scope
(catch_clause) @scope
(class_body) @scope
(interface_body) @scope
(enum_body) @scope

(class_declaration name: (identifier) @definition)
(interface_declaration name: (identifier) @definition)
(enum_declaration name: (identifier) @definition)
(record_declaration name: (identifier) @definition)
(annotation_type_declaration name: (identifier) @definition)
(variable_declarator name: (identifier) @definition)
(formal_parameter name: (identifier) @definition)
(catch_formal_parameter name: (identifier) @definition)
(enhanced_for_statement name: (identifier) @definition)
(resource name: (identifier) @definition)
(inferred_parameters (identifier) @definition)
(lambda_expression parameters: (identifier) @definition)
(type_parameter (type_identifier) @definition)
