// What a user of a test's broker may do: Kafka's ACLs, granted through kafkajs's own admin.

import {
  type AclEntry,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
  stockKafka,
} from "../conformance/stock-client.ts";
import { brokers } from "./cluster.ts";

/** One thing that a user may do: `Write` on the topic `t`. */
export interface Grant {
  readonly operation: "Read" | "Write" | "Create" | "DescribeConfigs";
  readonly on: "topic" | "group" | "transactional id";
  readonly name: string;
}

const operations = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
};
const resources = {
  topic: AclResourceTypes.TOPIC,
  group: AclResourceTypes.GROUP,
  "transactional id": AclResourceTypes.TRANSACTIONAL_ID,
};

const entryOf = (user: string, { operation, on, name }: Grant): AclEntry => ({
  principal: `User:${user}`,
  host: "*",
  operation: operations[operation],
  permissionType: AclPermissionTypes.ALLOW,
  resourceType: resources[on],
  resourceName: name,
  resourcePatternType: ResourcePatternTypes.LITERAL,
});

/** Grants them, at the test's plain listener. */
export const grantAll = async (user: string, grants: readonly Grant[]): Promise<void> => {
  const admin = stockKafka(brokers()).admin();
  await admin.connect();
  try {
    await admin.createAcls({ acl: grants.map((grant) => entryOf(user, grant)) });
  } finally {
    await admin.disconnect();
  }
};
