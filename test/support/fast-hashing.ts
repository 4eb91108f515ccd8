/** Preloaded into the program, so that specs do not spend nine tenths of their time hashing passwords at bcrypt's cost 12. */
const { hash } = Bun.password;
Bun.password.hash = (password) => hash(password, { algorithm: "bcrypt", cost: 4 });
