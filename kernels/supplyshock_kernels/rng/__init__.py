"""Counter-based random words, and the uniforms and normals made from them."""
