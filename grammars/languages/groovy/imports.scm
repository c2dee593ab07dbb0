(block) @scope
(closure) @scope
(class_body) @scope
(method_declaration) @scope
(class_declaration name: (identifier) @definition)
(variable_declarator name: (identifier) @definition)
(formal_parameter name: (identifier) @definition)
