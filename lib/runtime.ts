export * from '@modelship/runtime';
