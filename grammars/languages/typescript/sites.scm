(public_field_definition name: [(property_identifier) (private_property_identifier) (string)] @name value: (_) @value)
((required_parameter pattern: (identifier) @name value: (_) @value) (#set! how "parameter"))
((optional_parameter pattern: (identifier) @name value: (_) @value) (#set! how "parameter"))

(public_field_definition name: [(string) (number)] @key)
(property_signature name: [(string) (number)] @key)
(method_signature name: [(string) (number)] @key)
(enum_body name: [(string) (number)] @key)
(enum_assignment name: [(string) (number)] @key)

(abstract_class_declaration name: (_) @scope.name) @scope
(internal_module name: (identifier) @scope.name) @scope

((enum_assignment value: (_) @constant) (#set! constant "enum-member"))
([(literal_type) (type_annotation) (type_arguments) (type_alias_declaration) (interface_declaration)] @constant
 (#set! constant "literal-type"))
((ambient_declaration) @constant (#set! constant "literal-type"))
((variable_declarator type: (type_annotation [(literal_type) (union_type (literal_type))]) value: (_) @constant)
 (#set! constant "literal-type"))
((public_field_definition type: (type_annotation [(literal_type) (union_type (literal_type))]) value: (_) @constant)
 (#set! constant "literal-type"))
((as_expression [(string) (template_string) (number)] @constant "const") (#set! constant "as-const"))
((import_require_clause) @constant (#set! constant "decorated-module"))
((module name: (_) @constant) (#set! constant "decorated-module"))
