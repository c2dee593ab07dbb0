(block_mapping_pair key: (_) @scope.name value: (block_node [(block_mapping) (block_sequence)]) @scope)
(flow_pair key: (_) @scope.name value: (flow_node [(flow_mapping) (flow_sequence)]) @scope)
