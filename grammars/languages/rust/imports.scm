(use_declaration argument: (_) @import.module) @import.statement
((mod_item name: (identifier) @import.module !body) @import.statement)
(source_file (shebang) @header)
(source_file (inner_attribute_item) @header)
(source_file (line_comment (inner_doc_comment_marker)) @header)
(source_file (block_comment (inner_doc_comment_marker)) @header)

(function_item) @scope
(closure_expression) @scope
(block) @scope
(match_arm) @scope
(mod_item body: (_)) @scope.apart
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
