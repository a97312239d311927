//! Real AWS: providers on Cloud Control and on EC2's own API. Everything here talks to AWS; nothing here plans.
