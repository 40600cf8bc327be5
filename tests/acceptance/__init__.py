"""The whole main job, over HTTP, with a file of real grants: `python -m tests.acceptance FILE`."""
