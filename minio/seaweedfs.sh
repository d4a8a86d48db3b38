# Serve S3 with two keys: the root's, and one that can read and write in the bucket and nothing else.
set -eu
umask 077
cat >/tmp/identities.json <<JSON
{"identities": [
  {"name": "root", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
   "credentials": [{"accessKey": "$MINIO_ROOT_USER", "secretKey": "$MINIO_ROOT_PASSWORD"}]},
  {"name": "mlflow", "actions": ["Read:mlflows3", "Write:mlflows3", "List:mlflows3", "Tagging:mlflows3"],
   "credentials": [{"accessKey": "$S3_ACCESS_KEY", "secretKey": "$S3_SECRET_KEY"}]}
]}
JSON
# its own parts talk over loopback; only S3 is seen from outside
exec weed -logtostderr=true server -dir=/data -ip=127.0.0.1 -ip.bind=127.0.0.1 -master.telemetry=false \
    -master.volumeSizeLimitMB=256 -volume.max=0 -filer -s3 -s3.port=9000 -s3.ip.bind=0.0.0.0 \
    -s3.config=/tmp/identities.json -s3.port.iceberg=0 -s3.port.lance=0
