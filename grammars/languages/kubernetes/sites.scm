; A container's variable: its name names the value, and its `value` becomes `valueFrom`.
((block_mapping_pair
   key: (_) @_env
   value: (block_node (block_sequence (block_sequence_item (block_node (block_mapping
     (block_mapping_pair key: (flow_node (_) @_n) value: (_) @name)
     (block_mapping_pair key: (flow_node (_) @change.replace) value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @change.value @value @mark))))))))
 (#eq? @_env "env") (#eq? @_n "name") (#eq? @change.replace "value")
 (#set! mark "env") (#set! replace "valueFrom") (#set! how "key"))
((block_mapping_pair
   key: (_) @_env
   value: (block_node (block_sequence (block_sequence_item (block_node (block_mapping
     (block_mapping_pair key: (flow_node (_) @change.replace) value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @change.value @value @mark))
     (block_mapping_pair key: (flow_node (_) @_n) value: (_) @name)))))))
 (#eq? @_env "env") (#eq? @_n "name") (#eq? @change.replace "value")
 (#set! mark "env") (#set! replace "valueFrom") (#set! how "key"))
((block_mapping_pair
   key: (_) @_env
   value: (block_node (block_sequence (block_sequence_item (flow_node (flow_mapping
     (flow_pair key: (flow_node (_) @_n) value: (_) @name)
     (flow_pair key: (flow_node (_) @change.replace) value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @change.value @value @mark))))))))
 (#eq? @_env "env") (#eq? @_n "name") (#eq? @change.replace "value")
 (#set! mark "env") (#set! replace "valueFrom") (#set! how "key"))
((block_mapping_pair
   key: (_) @_env
   value: (block_node (block_sequence (block_sequence_item (flow_node (flow_mapping
     (flow_pair key: (flow_node (_) @change.replace) value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @change.value @value @mark))
     (flow_pair key: (flow_node (_) @_n) value: (_) @name)))))))
 (#eq? @_env "env") (#eq? @_n "name") (#eq? @change.replace "value")
 (#set! mark "env") (#set! replace "valueFrom") (#set! how "key"))
((_
   key: (_) @_env
   value: (flow_node (flow_sequence (flow_node (flow_mapping
     (flow_pair key: (flow_node (_) @_n) value: (_) @name)
     (flow_pair key: (flow_node (_) @change.replace) value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @change.value @value @mark)))))))
 (#eq? @_env "env") (#eq? @_n "name") (#eq? @change.replace "value")
 (#set! mark "env") (#set! replace "valueFrom") (#set! how "key"))
((_
   key: (_) @_env
   value: (flow_node (flow_sequence (flow_node (flow_mapping
     (flow_pair key: (flow_node (_) @change.replace) value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @change.value @value @mark))
     (flow_pair key: (flow_node (_) @_n) value: (_) @name))))))
 (#eq? @_env "env") (#eq? @_n "name") (#eq? @change.replace "value")
 (#set! mark "env") (#set! replace "valueFrom") (#set! how "key"))
((block_mapping_pair
   key: (_) @_env
   value: (block_node (block_sequence (block_sequence_item (block_node (block_mapping
     (block_mapping_pair key: (_) @_value value: (block_node (block_scalar) @constant))))))))
 (#eq? @_env "env") (#eq? @_value "value") (#set! constant "block"))

((block_mapping
   (block_mapping_pair key: (_) @_k value: (_) @_kind)
   (block_mapping_pair key: (_) @_data value: (block_node (block_mapping) @constant)))
 (#eq? @_k "kind") (#match? @_kind "^[\"']?Secret[\"']?$") (#any-of? @_data "data" "stringData") (#set! constant "secret-manifest"))
((block_mapping
   (block_mapping_pair key: (_) @_data value: (block_node (block_mapping) @constant))
   (block_mapping_pair key: (_) @_k value: (_) @_kind))
 (#eq? @_k "kind") (#match? @_kind "^[\"']?Secret[\"']?$") (#any-of? @_data "data" "stringData") (#set! constant "secret-manifest"))
((block_mapping
   (block_mapping_pair key: (_) @_k value: (_) @_kind)
   (block_mapping_pair key: (_) @_data value: (block_node (block_mapping) @constant)))
 (#eq? @_k "kind") (#match? @_kind "^[\"']?ConfigMap[\"']?$") (#any-of? @_data "data" "binaryData") (#set! constant "config-map"))
((block_mapping
   (block_mapping_pair key: (_) @_data value: (block_node (block_mapping) @constant))
   (block_mapping_pair key: (_) @_k value: (_) @_kind))
 (#eq? @_k "kind") (#match? @_kind "^[\"']?ConfigMap[\"']?$") (#any-of? @_data "data" "binaryData") (#set! constant "config-map"))

; The key before the kind, or after it.
((block_mapping
   (block_mapping_pair key: (_) @_k value: (_) @_kind)
   (block_mapping_pair key: (_) @_data value: (flow_node (flow_mapping) @constant)))
 (#eq? @_k "kind") (#match? @_kind "^[\"']?Secret[\"']?$") (#any-of? @_data "data" "stringData") (#set! constant "secret-flow"))
((block_mapping
   (block_mapping_pair key: (_) @_data value: (flow_node (flow_mapping) @constant))
   (block_mapping_pair key: (_) @_k value: (_) @_kind))
 (#eq? @_k "kind") (#match? @_kind "^[\"']?Secret[\"']?$") (#any-of? @_data "data" "stringData") (#set! constant "secret-flow"))

; A Secret becomes an ExternalSecret.
((block_mapping (block_mapping_pair key: (_) @_k value: (_) @_kind)) @exchange
 (#eq? @_k "kind") (#match? @_kind "^[\"']?Secret[\"']?$") (#set! exchange "external-secret"))
((block_mapping
   (block_mapping_pair key: (_) @_k value: (_) @_kind)
   (block_mapping_pair key: (_) @_data value: (block_node (block_mapping (block_mapping_pair value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @mark))))))
 (#eq? @_k "kind") (#match? @_kind "^[\"']?Secret[\"']?$") (#eq? @_data "data") (#set! mark "secret-base64"))
((block_mapping
   (block_mapping_pair key: (_) @_data value: (block_node (block_mapping (block_mapping_pair value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @mark)))))
   (block_mapping_pair key: (_) @_k value: (_) @_kind))
 (#eq? @_k "kind") (#match? @_kind "^[\"']?Secret[\"']?$") (#eq? @_data "data") (#set! mark "secret-base64"))
((block_mapping
   (block_mapping_pair key: (_) @_k value: (_) @_kind)
   (block_mapping_pair key: (_) @_data value: (block_node (block_mapping (block_mapping_pair value: (block_node (block_scalar) @constant))))))
 (#eq? @_k "kind") (#match? @_kind "^[\"']?Secret[\"']?$") (#eq? @_data "data") (#set! constant "secret-flow"))
((block_mapping
   (block_mapping_pair key: (_) @_data value: (block_node (block_mapping (block_mapping_pair value: (block_node (block_scalar) @constant)))))
   (block_mapping_pair key: (_) @_k value: (_) @_kind))
 (#eq? @_k "kind") (#match? @_kind "^[\"']?Secret[\"']?$") (#eq? @_data "data") (#set! constant "secret-flow"))
((block_mapping
   (block_mapping_pair key: (_) @_k value: (_) @_kind)
   (block_mapping_pair key: (_) @_data value: (block_node (block_mapping (block_mapping_pair value: (_ [(plain_scalar) (double_quote_scalar) (single_quote_scalar) (block_scalar)] @mark))))))
 (#eq? @_k "kind") (#match? @_kind "^[\"']?Secret[\"']?$") (#eq? @_data "stringData") (#set! mark "secret-text"))
((block_mapping
   (block_mapping_pair key: (_) @_data value: (block_node (block_mapping (block_mapping_pair value: (_ [(plain_scalar) (double_quote_scalar) (single_quote_scalar) (block_scalar)] @mark)))))
   (block_mapping_pair key: (_) @_k value: (_) @_kind))
 (#eq? @_k "kind") (#match? @_kind "^[\"']?Secret[\"']?$") (#eq? @_data "stringData") (#set! mark "secret-text"))
; The object's own name tells clashing names apart.
((block_mapping
   (block_mapping_pair key: (_) @_k value: (block_node (block_mapping (block_mapping_pair key: (_) @_n value: (flow_node (_) @scope.name)))))
   (block_mapping_pair value: (block_node) @scope))
 (#eq? @_k "metadata") (#eq? @_n "name"))
((block_mapping
   (block_mapping_pair value: (block_node) @scope)
   (block_mapping_pair key: (_) @_k value: (block_node (block_mapping (block_mapping_pair key: (_) @_n value: (flow_node (_) @scope.name))))))
 (#eq? @_k "metadata") (#eq? @_n "name"))
