((block_mapping_pair key: (_) @name value: (_) @value) (#set! how "key"))
((flow_pair key: (_) @name value: (_) @value) (#set! how "key"))
(block_mapping_pair key: (flow_node (_) @key))
(flow_pair key: (flow_node (_) @key))

; What aliases bring elsewhere.
(_ (anchor (anchor_name) @anchor) [(plain_scalar) (double_quote_scalar) (single_quote_scalar) (block_scalar)] @anchor.value)
(_ (anchor (anchor_name) @anchor) (block_mapping (block_mapping_pair value: (_ [(plain_scalar) (double_quote_scalar) (single_quote_scalar) (block_scalar)] @anchor.value))))
(_ (anchor (anchor_name) @anchor) (flow_mapping (flow_pair value: (_ [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @anchor.value))))
