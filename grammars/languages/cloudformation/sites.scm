(block_mapping_pair key: (_) @scope.name value: (block_node [(block_mapping) (block_sequence)]) @scope)
(flow_pair key: (_) @scope.name value: (flow_node [(flow_mapping) (flow_sequence)]) @scope)

; The default of a parameter.
((block_mapping_pair
   key: (_) @_section
   value: (block_node (block_mapping (block_mapping_pair
     key: (flow_node (_) @default.variable)
     value: (block_node (block_mapping (block_mapping_pair
       key: (_) @_default
       value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @default.value @mark)) @default.whole)) @_body))))
 (#eq? @_section "Parameters") (#eq? @_default "Default") (#not-match? @_body "(^|\\n)\\s*NoEcho\\s*:")
 (#set! default "parameter") (#set! mark "parameter"))
((block_mapping_pair
   key: (_) @_section
   value: (block_node (block_mapping (block_mapping_pair
     key: (flow_node (_) @default.variable)
     value: (block_node (block_mapping (block_mapping_pair
       key: (_) @_default
       value: (flow_node [(plain_scalar) (double_quote_scalar) (single_quote_scalar)] @default.value @mark)) @default.whole)) @_body))))
 (#eq? @_section "Parameters") (#eq? @_default "Default") (#match? @_body "(^|\\n)\\s*NoEcho\\s*:\\s*[\"']?[Tt]rue")
 (#set! default "parameter-hidden") (#set! mark "parameter"))

((block_mapping
   (block_mapping_pair key: (_) @_type value: (_) @_kind)
   (block_mapping_pair key: (_) @_properties value: (block_node (block_mapping) @constant)))
 (#eq? @_type "Type") (#match? @_kind "^[\"']?(?:Custom::|AWS::CloudFormation::CustomResource)") (#eq? @_properties "Properties")
 (#set! constant "custom-resource"))
((flow_mapping
   (flow_pair key: (_) @_type value: (_) @_kind)
   (flow_pair key: (_) @_properties value: (flow_node (flow_mapping) @constant)))
 (#eq? @_type "\"Type\"") (#match? @_kind "^[\"']?(?:Custom::|AWS::CloudFormation::CustomResource)") (#eq? @_properties "\"Properties\"")
 (#set! constant "custom-resource"))
((flow_pair key: (_) @_data value: (_ (_) @constant)) (#eq? @_data "\"UserData\"") (#set! constant "user-data"))
((block_mapping_pair key: (_) @_data value: (_ (_) @constant)) (#eq? @_data "UserData") (#set! constant "user-data"))
((block_mapping_pair key: (_) @_data value: (block_node (block_mapping (block_mapping_pair value: (_) @constant)))) (#eq? @_data "UserData") (#set! constant "user-data"))
