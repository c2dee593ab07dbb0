; The service is what tells clashing names apart.
((block_mapping_pair
   key: (_) @_section
   value: (block_node (block_mapping (block_mapping_pair key: (_) @scope.name value: (block_node) @scope))))
 (#any-of? @_section "services" "x-services"))

; Variables that an image reads from a file as well, and the mappings with the lists of secrets. What an anchor carries
; elsewhere is none of them.
((block_mapping
   (block_mapping_pair key: (_) @_i value: (flow_node (_) @pair.first))
   (block_mapping_pair key: (_) @_e value: (block_node . (block_mapping (block_mapping_pair key: (_) @pair.second value: (flow_node . [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @mark)))))) @list.service
 (#eq? @_i "image") (#eq? @_e "environment") (#set! mark "read-from-file") (#set! pair "read-from-file"))
((block_mapping
   (block_mapping_pair key: (_) @_i value: (flow_node (_) @pair.first))
   (block_mapping_pair key: (_) @_e value: (block_node . (block_sequence (block_sequence_item (flow_node . [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @mark @pair.second)))))) @list.service
 (#eq? @_i "image") (#eq? @_e "environment") (#set! mark "read-from-file") (#set! pair "read-from-file"))
((block_mapping
   (block_mapping_pair key: (_) @_e value: (block_node . (block_mapping (block_mapping_pair key: (_) @pair.second value: (flow_node . [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @mark)))))
   (block_mapping_pair key: (_) @_i value: (flow_node (_) @pair.first))) @list.service
 (#eq? @_i "image") (#eq? @_e "environment") (#set! mark "read-from-file") (#set! pair "read-from-file"))
((block_mapping
   (block_mapping_pair key: (_) @_e value: (block_node . (block_sequence (block_sequence_item (flow_node . [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @mark @pair.second)))))
   (block_mapping_pair key: (_) @_i value: (flow_node (_) @pair.first))) @list.service
 (#eq? @_i "image") (#eq? @_e "environment") (#set! mark "read-from-file") (#set! pair "read-from-file"))
(document (block_node . (block_mapping) @list.file))
