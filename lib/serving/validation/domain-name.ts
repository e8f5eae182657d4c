/** Domain names of endpoints, in the form in which certificates have them. */
export const DOMAIN_NAME = {
  pattern: /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/,
  rule: 'a domain name looks like `iris.example.com`, in lower case',
};
