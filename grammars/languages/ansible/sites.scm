((block_node (tag) @_tag (block_scalar) @constant) (#match? @_tag "^!vault") (#set! constant "vaulted"))
((flow_node (tag) @_tag [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @constant) (#match? @_tag "^!vault") (#set! constant "vaulted"))
((block_mapping_pair key: (_) @_k value: (_) @constant)
 (#any-of? @_k "when" "until" "changed_when" "failed_when" "that" "hosts" "register" "tags") (#set! constant "expression"))
