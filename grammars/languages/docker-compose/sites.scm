; The service is what tells clashing names apart.
((block_mapping_pair
   key: (_) @_section
   value: (block_node (block_mapping (block_mapping_pair key: (_) @scope.name value: (block_node) @scope))))
 (#any-of? @_section "services" "x-services"))
