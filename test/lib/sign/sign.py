"""Signs and verifies with OpenSSF's own package: `sign.py sign|verify METHOD FOLDER ARGUMENTS…`."""

import sys

import model_signing

action, method, folder, *paths = sys.argv[1:]
signature = f"{folder}/model.sig"
hashing = model_signing.hashing.Config().set_ignored_paths(paths=[signature, "model.sig"])
if action == "sign":
    config = model_signing.signing.Config().set_hashing_config(hashing)
    if method == "key":
        config.use_elliptic_key_signer(private_key=paths[0])
    else:
        config.use_certificate_signer(private_key=paths[0], signing_certificate=paths[1], certificate_chain=paths[2:])
    config.sign(folder, signature)
else:
    config = model_signing.verifying.Config().set_hashing_config(hashing)
    if method == "key":
        config.use_elliptic_key_verifier(public_key=paths[0])
    else:
        config.use_certificate_verifier(certificate_chain=paths)
    config.verify(folder, signature)
