"""Search across everything one wrote: opened in the request, never indexed, never kept in clear."""
