// Makes the replica set and one user for each database; run once at every start, changing nothing that is there.
/* global rs, db, process, sleep */
const passwords = process.env;
const services = ["tips", "inspections", "cases", "reporting", "notifications", "gateway"];
const prefix = "lianxi_";

try {
  rs.status();
} catch (error) {
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] });
}
while (!db.hello().isWritablePrimary) {
  sleep(200);
}

const admin = db.getSiblingDB("admin");
function keep(name, password, roles) {
  if (admin.getUser(name) === null) {
    admin.createUser({ user: name, pwd: password, roles });
  } else {
    admin.updateUser(name, { pwd: password, roles });
  }
}

for (const service of services) {
  keep(service, passwords[`MONGO_${service.toUpperCase()}_PASSWORD`], [
    { role: "readWrite", db: prefix + service },
    { role: "dbAdmin", db: prefix + service },
  ]);
}
// Of the gateway's database the relay has nothing but the audit, which it chains.
if (admin.getRole("lianxi_gateway_audit") === null) {
  admin.createRole({
    role: "lianxi_gateway_audit",
    privileges: ["audit_chain", "audit_heads", "audit_journal", "audit_tail"].map((collection) => ({
      resource: { db: `${prefix}gateway`, collection },
      actions: ["find", "insert", "update", "remove", "createIndex", "createCollection"],
    })),
    roles: [],
  });
}
keep("relay", passwords.MONGO_RELAY_PASSWORD, [
  { role: "lianxi_gateway_audit", db: "admin" },
  ...services.filter((name) => name !== "gateway").map((name) => ({ role: "readWrite", db: prefix + name })),
]);
