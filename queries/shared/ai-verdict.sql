multiIf(word IN {accepted:Array(String)}, 'accepted', word IN {overridden:Array(String)}, 'overridden', 'other')
