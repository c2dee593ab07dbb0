; What the file sets, for all jobs or for one.
((block_mapping_pair key: (_) @_section value: (block_node (block_mapping (block_mapping_pair key: (flow_node) @definition))))
 (#eq? @_section "variables"))
((_ key: (_) @_section value: (flow_node (flow_mapping (flow_pair key: (flow_node) @definition))))
 (#eq? @_section "variables"))
