"""MIME types that the default handlers understand."""

JSON = "application/json"
CSV = "text/csv"
OCTET_STREAM = "application/octet-stream"
ANY = "*/*"
NPY = "application/x-npy"
NPZ = "application/x-npz"

# Bodies of these types reach a handler as str; every other body as bytes.
UTF8_TYPES = [JSON, CSV]
