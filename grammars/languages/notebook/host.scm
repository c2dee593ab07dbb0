; Keys are sorted as nbformat writes them; other writers may put the source first.
((object
   (pair key: (string) @_type value: (string) @_code)
   (pair key: (string) @_source value: [(array (string) @code) (string) @code]))
 (#eq? @_type "\"cell_type\"") (#eq? @_code "\"code\"") (#eq? @_source "\"source\""))
((object
   (pair key: (string) @_source value: [(array (string) @code) (string) @code])
   (pair key: (string) @_type value: (string) @_code))
 (#eq? @_type "\"cell_type\"") (#eq? @_code "\"code\"") (#eq? @_source "\"source\""))
((pair key: (string) @_outputs value: (array) @output) (#eq? @_outputs "\"outputs\""))
