/**
 * Forbids `f(...list)` and `f.apply(x, list)` where the list may have any length: each of its elements takes a place on the stack, and
 * some ten thousand end the program. Lists whose length is seen in the code may be spread: array literals, rest parameters, and
 * constants of literals that nothing adds to. Where a length is bounded in a way that is not seen, say so:
 * `// eslint-disable-next-line mezzotint/no-spread-of-data -- at most 32,768 bytes`.
 */

/** The variable that a name stands for. */
function variableOf(scope, name) {
  for (let at = scope; at; at = at.upper) {
    const found = at.set.get(name);
    if (found) return found;
  }
  return null;
}

/** What TypeScript and parentheses put around an expression. */
const bare = (node) =>
  ['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression', 'ChainExpression'].includes(node?.type)
    ? bare(node.expression)
    : node;

function isBounded(given, scope) {
  const node = bare(given);
  if (!node) return true;
  if (node.type === 'ArrayExpression')
    return node.elements.every((element) => element?.type !== 'SpreadElement' || isBounded(element.argument, scope));
  if (node.type === 'ConditionalExpression')
    return isBounded(node.consequent, scope) && isBounded(node.alternate, scope);
  if (node.type === 'LogicalExpression') return isBounded(node.left, scope) && isBounded(node.right, scope);
  // as long as the list it is made of
  if (
    node.type === 'CallExpression' &&
    node.callee.type === 'MemberExpression' &&
    node.callee.property.type === 'Identifier' &&
    ['map', 'filter', 'toSorted', 'toReversed', 'slice', 'concat'].includes(node.callee.property.name)
  )
    return node.callee.property.name !== 'concat' && isBounded(node.callee.object, scope);
  if (node.type !== 'Identifier') return false;
  if (node.name === 'arguments') return true;
  const variable = variableOf(scope, node.name);
  const [definition] = variable?.defs ?? [];
  if (definition?.type === 'Parameter') return isRest(definition.node, node.name);
  return (
    definition?.type === 'Variable' &&
    definition.parent?.kind === 'const' &&
    definition.node.id.type === 'Identifier' &&
    Boolean(definition.node.init) &&
    !variable.references.some(mayGrow) &&
    isBounded(definition.node.init, scope)
  );
}
/** Whether a use of a list may make it longer: a method that adds, a place that is set, a call that it is handed to. */
function mayGrow({ identifier, init }) {
  if (init) return false;
  const { parent } = identifier;
  if (parent?.type === 'CallExpression' || parent?.type === 'NewExpression')
    return parent.arguments.includes(identifier);
  if (parent?.type !== 'MemberExpression' || parent.object !== identifier) return false;
  return parent.computed
    ? parent.parent?.type === 'AssignmentExpression' && parent.parent.left === parent
    : ['push', 'unshift', 'splice', 'length'].includes(parent.property.name);
}
const isRest = (fn, name) =>
  fn.params?.some(
    (param) => param.type === 'RestElement' && param.argument.type === 'Identifier' && param.argument.name === name,
  ) ?? false;

export default {
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'no spread of lists of any length into calls' },
    messages: {
      spread:
        'A list of any length must not be spread into a call: it may end on a full stack. Use a loop, concat or reduce.',
    },
  },
  create(context) {
    const scopeOf = (node) => context.sourceCode.getScope(node);
    const check = (node) => {
      for (const argument of node.arguments)
        if (argument.type === 'SpreadElement' && !isBounded(argument.argument, scopeOf(node)))
          context.report({ node: argument, messageId: 'spread' });
    };
    return {
      NewExpression: check,
      CallExpression(node) {
        check(node);
        const { callee, arguments: given } = node;
        if (
          callee.type === 'MemberExpression' &&
          callee.property.type === 'Identifier' &&
          callee.property.name === 'apply' &&
          given.length === 2 &&
          !isBounded(given[1], scopeOf(node))
        )
          context.report({ node: given[1], messageId: 'spread' });
      },
    };
  },
};
