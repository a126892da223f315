any_value(facets) AS facets
