# Make the bucket, and a key that can read and write in it and nothing else. Safe to run again.
set -eu
mc mb --ignore-existing store/mlflows3
mc admin policy create store mlflows3 /mlflows3-policy.json
mc admin user add store "$S3_ACCESS_KEY" "$S3_SECRET_KEY"
mc admin policy attach store mlflows3 --user "$S3_ACCESS_KEY" || mc admin policy entities store --user "$S3_ACCESS_KEY"
