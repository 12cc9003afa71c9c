"""What there is: device models, their interfaces, drivers, hypervisors and platforms, as plain
rows.

`storage` and `network` hold `Device` rows, `interfaces` the `Interface` each of them speaks, `vf`
the ids of virtual functions, `kernel` the `Symbol` rows, `hypervisors` the `Hypervisor` and
`Platform` rows, `virtio` types and features. These files import guestcheck.model and nothing else,
and compute nothing: they are literals. `rows` answers what stages ask of them; every stage from
evidence on may import it.

To add a device:
1. write a row in `storage` or `network` (ids lower-case; a "vvvv:dddd/ssss:ssss" row wins over the
   plain id);
2. name its interface; if that is new, add an `Interface` row, which may hold the device itself
   and its driver's `Symbol` too (`devices`, `options`);
3. say in `source` where the ids were read; without a source set `decides=False`; the tests check
   the rest.
"""
