(method_declaration) @scope
(constructor_declaration) @scope
(local_function_statement) @scope
(lambda_expression) @scope
(block) @scope
(for_statement) @scope
(foreach_statement) @scope
(using_statement) @scope
(declaration_list) @scope

(class_declaration name: (identifier) @definition)
(struct_declaration name: (identifier) @definition)
(record_declaration name: (identifier) @definition)
(interface_declaration name: (identifier) @definition)
(enum_declaration name: (identifier) @definition)
(property_declaration name: (identifier) @definition)
(method_declaration name: (identifier) @definition.outer)
(variable_declarator name: (identifier) @definition)
(parameter name: (identifier) @definition)
(declaration_expression name: (identifier) @definition)
(foreach_statement left: (identifier) @definition)
(namespace_declaration name: (identifier) @definition)
(using_directive name: (identifier) @definition)
