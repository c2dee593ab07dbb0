((pair key: (string) @name value: (_) @value) (#set! how "key"))
(pair key: (string) @key)
(pair key: (string) @scope.name value: [(object) (array)] @scope)
