(function_item) @scope
(closure_expression) @scope
(block) @scope
(match_arm) @scope
(mod_item) @scope
(impl_item) @scope

(const_item name: (identifier) @definition)
(static_item name: (identifier) @definition)
(function_item name: (identifier) @definition.outer)
(mod_item name: (identifier) @definition.outer)
(let_declaration pattern: (identifier) @definition)
(parameter pattern: (identifier) @definition)
(closure_parameters (identifier) @definition)
(tuple_struct_pattern (identifier) @definition)
(for_expression pattern: (identifier) @definition)
