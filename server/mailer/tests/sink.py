"""A real mail server for the test: TLS from the first byte, login required, messages kept in memory.

Arguments: certificate, key, and "starttls" if TLS begins with that command. Prints its port, then one JSON object for every message that it takes.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Keep:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        shown = {
            "envelope": [envelope.mail_from, envelope.rcpt_tos],
            "host": session.host_name,
            "user": session.auth_data,
            "headers": {name: str(value) for name, value in message.items()},
            "body": message.get_content(),
            "defects": [str(defect) for defect in message.defects],
            "ascii": envelope.content.isascii(),
        }
        print(json.dumps(shown), flush=True)
        return "250 taken"


def login(server, session, envelope, mechanism, data):
    good = data.login == b"avisos@ine.example" and data.password == "clave-del-relé".encode()
    return AuthResult(success=good, handled=False, auth_data=data.login.decode() if good else None)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    if sys.argv[3:] == ["starttls"]:
        make = lambda: SMTP(Keep(), authenticator=login, auth_required=True, tls_context=context, require_starttls=True)
        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    else:
        # The connection is TLS already, which the library cannot see: it would ask for STARTTLS first.
        make = lambda: SMTP(Keep(), authenticator=login, auth_required=True, auth_require_tls=False)
        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
