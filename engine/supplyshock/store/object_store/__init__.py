"""Runs in object storage: the same files under ``s3://bucket/key`` as in the folder of a run.

Parts are made in a folder of this machine (the stage), as any run, and sent when they are whole; the entry of the
journal goes last. The objects in the store are the run; the stage can be lost at any moment.
"""
