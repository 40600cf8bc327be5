"""The forms of Hypha (https://github.com/HyphaApp/hypha) as calls of ours, created on a running server."""
