((assignment_expression left: (subscript_expression indices: (subscript_argument_list (string_literal) @name)) right: (_) @value)
 (#set! how "subscript"))
(subscript_argument_list (string_literal) @key)
(field_declaration declarator: (field_identifier) @name default_value: (_) @value)
(field_declaration declarator: (pointer_declarator declarator: (field_identifier) @name) default_value: (_) @value)
(optional_parameter_declaration declarator: (identifier) @name default_value: (_) @value)
(optional_parameter_declaration declarator: (pointer_declarator declarator: (identifier) @name) default_value: (_) @value)
(optional_parameter_declaration declarator: (reference_declarator (identifier) @name) default_value: (_) @value)
((call_expression function: (field_expression field: (field_identifier) @name) arguments: (argument_list . (_) @value .)) (#set! how "setter"))

(class_specifier name: (_) @scope.name) @scope
(struct_specifier name: (_) @scope.name) @scope
(namespace_definition name: (_) @scope.name) @scope

((declaration (type_qualifier) @_q) @constant (#any-of? @_q "constexpr" "constinit") (#set! constant "constexpr"))
((field_declaration (type_qualifier) @_q) @constant (#any-of? @_q "constexpr" "constinit") (#set! constant "constexpr"))
((user_defined_literal) @constant (#set! constant "literal-suffix"))
((static_assert_declaration) @constant (#set! constant "constant-expression"))
((template_argument_list) @constant (#set! constant "constant-expression"))
((attribute_declaration) @constant (#set! constant "constant-expression"))
(linkage_specification value: (string_literal) @key)
