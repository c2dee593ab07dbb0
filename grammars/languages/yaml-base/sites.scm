((block_mapping_pair key: (_) @name value: (_) @value) (#set! how "key"))
((flow_pair key: (_) @name value: (_) @value) (#set! how "key"))
(block_mapping_pair key: (flow_node (_) @key))
(flow_pair key: (flow_node (_) @key))
