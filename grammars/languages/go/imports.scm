; A blank import and a dot import bind no name that a lookup can use.
((import_declaration (import_spec !name path: (_) @import.module)) @import.statement)
((import_declaration (import_spec name: (package_identifier) @import.alias path: (_) @import.module)) @import.statement)
((import_declaration (import_spec_list (import_spec !name path: (_) @import.module) @import.entry)) @import.statement)
((import_declaration (import_spec_list (import_spec name: (package_identifier) @import.alias path: (_) @import.module) @import.entry)) @import.statement)
(import_declaration (import_spec_list) @import.group)

(package_clause) @header

(function_declaration) @scope
(method_declaration) @scope
(func_literal) @scope
(block) @scope

(function_declaration name: (identifier) @definition.outer)
(type_spec name: (type_identifier) @definition)
(type_alias name: (type_identifier) @definition)
(parameter_declaration name: (identifier) @definition)
(variadic_parameter_declaration name: (identifier) @definition)
(const_spec name: (identifier) @definition)
(var_spec name: (identifier) @definition)
(short_var_declaration left: (expression_list (identifier) @definition))
(range_clause left: (expression_list (identifier) @definition))
(receive_statement left: (expression_list (identifier) @definition))
(type_switch_statement alias: (expression_list (identifier) @definition))
(if_statement) @scope
(for_statement) @scope
(expression_switch_statement) @scope
(type_switch_statement) @scope
(expression_case) @scope
(default_case) @scope
(communication_case) @scope
