((block_mapping_pair key: (_) @_section value: (block_node (block_mapping (block_mapping_pair value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @mark)))))
 (#any-of? @_section "variables") (#set! mark "variables"))
((_ key: (_) @_section value: (flow_node (flow_mapping (flow_pair value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @mark)))))
 (#any-of? @_section "variables") (#set! mark "variables"))
((block_mapping_pair key: (_) @_section value: (block_node (block_mapping (block_mapping_pair value: (block_node (block_scalar) @mark)))))
 (#any-of? @_section "variables") (#set! mark "variables"))
((block_mapping_pair key: (_) @_section value: (block_node (block_mapping (block_mapping_pair key: (_) @name value: (block_node (block_mapping (block_mapping_pair key: (_) @_value value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @mark @value))))))))
 (#eq? @_section "variables") (#eq? @_value "value") (#set! mark "variables") (#set! how "key"))
((block_mapping_pair key: (_) @_k value: (block_node (block_sequence (block_sequence_item (_ [(block_scalar) (plain_scalar) (double_quote_scalar) (single_quote_scalar)] @constant)))))
 (#any-of? @_k "script" "before_script" "after_script") (#set! constant "script"))
((block_mapping_pair key: (_) @_k value: (_ [(block_scalar) (plain_scalar) (double_quote_scalar) (single_quote_scalar)] @constant))
 (#any-of? @_k "script" "before_script" "after_script") (#set! constant "script"))
(document (block_node (block_mapping (block_mapping_pair key: (_) @scope.name value: (block_node) @scope))))

; Entries that go where the variable that is made has their name.
((block_mapping_pair key: (_) @_section value: (block_node (block_mapping
   (block_mapping_pair value: (_ [(plain_scalar) (double_quote_scalar) (single_quote_scalar) (block_scalar)] @own.value)) @own)))
 (#eq? @_section "variables") (#set! own "line"))
((_ key: (_) @_section value: (flow_node (flow_mapping
   (flow_pair value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @own.value)) @own)))
 (#eq? @_section "variables") (#set! own "item"))
((block_mapping_pair key: (_) @_section value: (block_node (block_mapping (block_mapping_pair value: (block_node (block_mapping
   (block_mapping_pair key: (_) @_value value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @own.value))))) @own)))
 (#eq? @_section "variables") (#eq? @_value "value") (#set! own "line"))

; Entries that are brought here by an alias: one value, a mapping that is merged, or the whole section.
((_ key: (_) @_section value: (_ (_ (_ value: (flow_node (alias (alias_name) @mark.alias))))))
 (#any-of? @_section "variables") (#set! mark "variables"))
((_ key: (_) @_section value: (_ (_ (_ key: (_) @_merge value: (flow_node (flow_sequence (flow_node (alias (alias_name) @mark.alias))))))))
 (#any-of? @_section "variables") (#eq? @_merge "<<") (#set! mark "variables"))
((_ key: (_) @_section value: (flow_node (alias (alias_name) @mark.alias)))
 (#any-of? @_section "variables") (#set! mark "variables"))
