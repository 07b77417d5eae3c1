import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect as wrap } from "node:tls";
import { selfSigned } from "../../src/keys/certificate.ts";
import { startNode } from "../support/node.ts";

/** The common name of the certificate that STARTTLS shows on this port. */
function certificateAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const script = [/^220 /, /^250 STARTTLS|^250-STARTTLS[\s\S]*^250 /m, /^220 /];
    const says = ["EHLO x.test\r\n", "STARTTLS\r\n"];
    socket.on("error", reject);
    socket.on("data", function heard(chunk) {
      if (!script[0]!.test(chunk.toString())) return;
      script.shift();
      const next = says.shift();
      if (next) return void socket.write(next);
      socket.off("data", heard);
      const secure = wrap({ socket, rejectUnauthorized: false }, () => {
        resolve(String(secure.getPeerCertificate().subject.CN));
        secure.destroy();
      });
      secure.on("error", reject);
    });
  });
}

test("STARTTLS shows the certificate made at first start, and the operator's own when one is given", async (t) => {
  const made = await startNode(t);
  assert.equal(await certificateAt(made.smtpPort), "groups.test");
  const own = selfSigned("mail.example.org", new Date());
  const [key, cert] = [join(tmpdir(), `own-${process.pid}.key`), join(tmpdir(), `own-${process.pid}.pem`)];
  await writeFile(key, own.key);
  await writeFile(cert, own.cert);
  const given = await startNode(t, { environment: { SMARTGROUPS_TLS_KEY: key, SMARTGROUPS_TLS_CERT: cert } });
  assert.equal(await certificateAt(given.smtpPort), "mail.example.org");
  const stranger = selfSigned("mail.example.org", new Date());
  await writeFile(cert, stranger.cert);
  await assert.rejects(
    startNode(t, { environment: { SMARTGROUPS_TLS_KEY: key, SMARTGROUPS_TLS_CERT: cert } }),
    /SMARTGROUPS_TLS_KEY and SMARTGROUPS_TLS_CERT/,
  );
});
