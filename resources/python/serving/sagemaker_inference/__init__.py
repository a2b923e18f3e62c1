"""What inference scripts import from SageMaker's containers, for machines where the toolkit is not installed.

The names and meanings are those of aws/sagemaker-inference-toolkit; only the part that scripts use is here. This folder
is last on the path of a model server, so an installed toolkit (``requirements.txt``) goes before it.
"""
