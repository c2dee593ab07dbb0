; What literals are bound to.
(property_declaration name: (pattern bound_identifier: (simple_identifier) @name) value: (_) @value)
(assignment target: (directly_assignable_expression (simple_identifier) @name) result: (_) @value)
(assignment target: (directly_assignable_expression (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @name))) result: (_) @value)
((value_argument name: (value_argument_label (simple_identifier) @name) value: (_) @value) (#set! how "keyword"))
((function_declaration (parameter name: (simple_identifier) @name) . default_value: (_) @value) (#set! how "parameter"))
((dictionary_literal key: (line_string_literal) @name . value: (_) @value) (#set! how "key"))

((equality_expression) @comparison)
((equality_expression lhs: (simple_identifier) @name rhs: (_) @value) (#set! how "comparison"))
((equality_expression lhs: (_) @value rhs: (simple_identifier) @name) (#set! how "comparison"))
((equality_expression lhs: (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @name)) rhs: (_) @value) (#set! how "comparison"))

; Names, not values.
(dictionary_literal key: (line_string_literal) @key)
((call_expression (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @_e)) (call_suffix (value_arguments (value_argument value: (line_string_literal) @key))))
 (#eq? @_e "environment"))

(call_expression . (_) @call.callee (call_suffix (value_arguments) @call.arguments))

(class_declaration name: (type_identifier) @scope.name) @scope
(function_declaration name: (simple_identifier) @scope.name) @scope

; Constants alone.
((switch_pattern) @constant (#set! constant "pattern"))
((enum_entry raw_value: (_) @constant) (#set! constant "raw-value"))
((attribute) @constant (#set! constant "attribute"))

; Lookups with a hardcoded default.
((nil_coalescing_expression
   value: (call_expression
     (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @_e))
     (call_suffix (value_arguments (value_argument value: (line_string_literal) @default.variable))))
   if_nil: (_) @default.value) @default.whole
 (#eq? @_e "environment") (#set! default "whole"))
; Vapor: Environment.get("X") ?? "x"
((nil_coalescing_expression
   value: (call_expression
     (navigation_expression target: (simple_identifier) @_e suffix: (navigation_suffix suffix: (simple_identifier) @_g))
     (call_suffix (value_arguments (value_argument value: (line_string_literal) @default.variable))))
   if_nil: (_) @default.value) @default.whole
 (#eq? @_e "Environment") (#eq? @_g "get") (#set! default "whole"))

((import_declaration (identifier) @file.device)
 (#match? @file.device "^(UIKit|SwiftUI|AppKit|WatchKit|Cocoa|TVUIKit|WidgetKit)\\b"))
