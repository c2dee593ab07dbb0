((pair [(bare_key) (quoted_key) (dotted_key)] @name . (_) @value) (#set! how "key"))
(table [(bare_key) (quoted_key) (dotted_key)] @scope.name) @scope
(table_array_element [(bare_key) (quoted_key) (dotted_key)] @scope.name) @scope
