(function_definition) @scope
(lambda_expression) @scope
(block) @scope
(template_body) @scope
(case_clause) @scope

(class_definition name: (identifier) @definition)
(object_definition name: (identifier) @definition)
(trait_definition name: (identifier) @definition)
(function_definition name: (identifier) @definition.outer)
(val_definition pattern: (identifier) @definition)
(var_definition pattern: (identifier) @definition)
(parameter name: (identifier) @definition)
(class_parameter name: (identifier) @definition)
